-- From where did console logins fail, by region and IP address?
SELECT
  awsregion,
  sourceipaddress,
  count(*) AS failures,
  max(eventtimestamp) AS last_failure
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventname = 'ConsoleLogin'
  AND responseelements_consolelogin = 'Failure'
GROUP BY awsregion, sourceipaddress
ORDER BY failures DESC, awsregion, sourceipaddress
