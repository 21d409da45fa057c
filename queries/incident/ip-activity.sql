-- Who called what from this IP address?
-- ip: 203.0.113.7
SELECT coalesce(useridentity_arn, useridentity_username, useridentity_principalid) AS identity,
       useridentity_accesskeyid,
       eventsource,
       eventname,
       count(*) AS calls,
       count(errorcode) AS errors,
       min(eventtimestamp) AS first_seen,
       max(eventtimestamp) AS last_seen
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND sourceipaddress = '203.0.113.7'
GROUP BY 1, 2, 3, 4
ORDER BY first_seen, 1, 2, 3, 4
