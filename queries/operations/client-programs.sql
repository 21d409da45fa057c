-- Which programs (SDKs, command lines, browsers, services) make the calls?
SELECT split_part(useragent, ' ', 1) AS program,
       count(*) AS calls,
       count_if(readonly = 'false') AS changes,
       count(DISTINCT useridentity_arn) AS identities,
       max(eventtimestamp) AS last_seen
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND useragent IS NOT NULL
GROUP BY 1
ORDER BY calls DESC, program
LIMIT 100
