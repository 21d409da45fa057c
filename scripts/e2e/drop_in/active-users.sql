-- Users and their actions; the age is long because the sample is of 2024.
SELECT DISTINCT useridentity.userName, eventName, eventSource
FROM cloudtrail
WHERE from_iso8601_timestamp(eventtime) > date_add('year', -20, now())
  AND date BETWEEN '${from}' AND '${to}'
ORDER BY eventSource;
