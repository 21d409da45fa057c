-- What was done with this access key, from where and in which regions?
-- access_key: AKIAIOSFODNN7EXAMPLE
SELECT eventsource,
       eventname,
       awsregion,
       sourceipaddress,
       count(*) AS calls,
       count(errorcode) AS errors,
       min(eventtimestamp) AS first_use,
       max(eventtimestamp) AS last_use
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND useridentity_accesskeyid = 'AKIAIOSFODNN7EXAMPLE'
GROUP BY 1, 2, 3, 4
ORDER BY first_use, 1, 2, 3, 4
