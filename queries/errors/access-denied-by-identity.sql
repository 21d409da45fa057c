-- Who is denied access, to which actions, and how often?
SELECT coalesce(useridentity_sessioncontext_sessionissuer_arn, useridentity_arn,
                useridentity_invokedby, useridentity_principalid) AS identity,
       eventsource,
       eventname,
       count(*) AS denied,
       count(DISTINCT sourceipaddress) AS ips,
       min(eventtimestamp) AS first_seen,
       max(eventtimestamp) AS last_seen
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND (errorcode LIKE '%AccessDenied%' OR errorcode LIKE '%UnauthorizedOperation%')
GROUP BY 1, 2, 3
ORDER BY denied DESC, 1, 2, 3
