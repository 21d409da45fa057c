-- How many calls failed in each hour, and how many of them were denied or throttled?
SELECT date_trunc('hour', eventtimestamp) AS hour,
       count(*) AS errors,
       count_if(errorcode LIKE '%AccessDenied%' OR errorcode LIKE '%UnauthorizedOperation%') AS denied,
       count_if(errorcode LIKE '%Throttl%' OR errorcode LIKE '%RequestLimitExceeded%'
                OR errorcode LIKE '%TooManyRequests%' OR errorcode LIKE '%ThroughputExceeded%'
                OR errorcode = 'SlowDown') AS throttled
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND errorcode IS NOT NULL
GROUP BY 1
ORDER BY 1
