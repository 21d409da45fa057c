-- Who was denied many different actions, as someone does who tries out what stolen credentials can do?
SELECT coalesce(useridentity_arn, useridentity_principalid) AS identity,
       count(DISTINCT eventname) AS denied_actions,
       count(*) AS denied,
       count(DISTINCT sourceipaddress) AS ips,
       array_join(array_agg(DISTINCT eventname ORDER BY eventname), ', ') AS actions,
       min(eventtimestamp) AS first_seen,
       max(eventtimestamp) AS last_seen
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND (errorcode LIKE '%AccessDenied%' OR errorcode LIKE '%UnauthorizedOperation%')
GROUP BY 1
HAVING count(DISTINCT eventname) >= 3
ORDER BY denied_actions DESC, denied DESC, 1
LIMIT 50
