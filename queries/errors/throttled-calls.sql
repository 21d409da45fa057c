-- Which calls are throttled, and whose?
SELECT eventsource,
       eventname,
       errorcode,
       coalesce(useridentity_sessioncontext_sessionissuer_arn, useridentity_arn,
                useridentity_invokedby, useridentity_principalid) AS identity,
       count(*) AS throttled,
       max(eventtimestamp) AS last_seen
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND (errorcode LIKE '%Throttl%'
       OR errorcode LIKE '%RequestLimitExceeded%'
       OR errorcode LIKE '%TooManyRequests%'
       OR errorcode LIKE '%ThroughputExceeded%'
       OR errorcode = 'SlowDown')
GROUP BY 1, 2, 3, 4
ORDER BY throttled DESC, 1, 2, 3, 4
