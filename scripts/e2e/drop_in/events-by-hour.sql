-- Events and errors over time.
SELECT date_format(date_trunc('hour', from_iso8601_timestamp(eventtime)), '%Y-%m-%d %H') AS hour,
       count(*) AS events, count_if(errorcode <> '') AS errors
FROM cloudtrail
WHERE from_iso8601_timestamp(eventtime) BETWEEN timestamp '${second} 00:00:00' AND timestamp '${third} 23:59:59'
  AND date BETWEEN '${from}' AND '${to}'
GROUP BY 1
ORDER BY 1;
