-- Which calls did VPC endpoint policies deny?
SELECT account,
       awsregion,
       vpcendpointid,
       eventsource,
       eventname,
       coalesce(useridentity_arn, useridentity_principalid) AS identity,
       count(*) AS denied,
       max(eventtimestamp) AS last_seen
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND errorcode = 'VpceAccessDenied'
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY denied DESC, 1, 2, 3, 4, 5, 6
