-- From which regions and IP addresses do console logins fail?
SELECT awsregion,
       sourceipaddress,
       count(*) AS failures,
       count(DISTINCT account) AS accounts,
       count(DISTINCT useridentity_username) AS users,
       min(eventtimestamp) AS first_failure,
       max(eventtimestamp) AS last_failure
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventname = 'ConsoleLogin'
  AND responseelements_consolelogin = 'Failure'
GROUP BY 1, 2
ORDER BY failures DESC, 1, 2
