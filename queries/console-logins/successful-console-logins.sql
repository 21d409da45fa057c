-- Who logged in to the console, how often, from how many addresses?
SELECT account,
       useridentity_type,
       coalesce(useridentity_arn, useridentity_username, useridentity_principalid) AS identity,
       count(*) AS logins,
       count_if(additionaleventdata_mfaused = 'Yes') AS logins_with_mfa,
       count(DISTINCT sourceipaddress) AS ips,
       min(eventtimestamp) AS first_login,
       max(eventtimestamp) AS last_login
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventname = 'ConsoleLogin'
  AND responseelements_consolelogin = 'Success'
GROUP BY 1, 2, 3
ORDER BY logins DESC, 1, 2, 3
