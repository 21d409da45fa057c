-- Which users fail to log in to the console, and why?
SELECT account,
       useridentity_type,
       useridentity_username,
       errormessage,
       count(*) AS failures,
       count(DISTINCT sourceipaddress) AS ips,
       max(eventtimestamp) AS last_failure
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventname = 'ConsoleLogin'
  AND responseelements_consolelogin = 'Failure'
GROUP BY 1, 2, 3, 4
ORDER BY failures DESC, 1, 2, 3, 4
