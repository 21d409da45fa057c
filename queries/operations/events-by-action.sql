-- Which actions are called most?
SELECT eventsource,
       eventname,
       count(*) AS calls,
       count(errorcode) AS errors,
       count(DISTINCT useridentity_arn) AS identities
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventname IS NOT NULL
GROUP BY 1, 2
ORDER BY calls DESC, eventsource, eventname
LIMIT 100
