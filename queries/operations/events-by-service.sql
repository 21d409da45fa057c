-- Which services are called most, by how many identities, and how often does it fail?
SELECT eventsource,
       count(*) AS events,
       count_if(readonly = 'false') AS changes,
       count(errorcode) AS errors,
       count(DISTINCT useridentity_arn) AS identities
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource IS NOT NULL
GROUP BY 1
ORDER BY events DESC, eventsource
