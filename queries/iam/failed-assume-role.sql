-- Which roles' sessions (issuers) or users failed to assume which roles?
SELECT coalesce(useridentity_sessioncontext_sessionissuer_arn, useridentity_arn,
                useridentity_invokedby, useridentity_principalid) AS issuer,
       requestparameters_rolearn AS role_arn,
       errorcode,
       count(*) AS failures,
       count(DISTINCT sourceipaddress) AS ips,
       max(eventtimestamp) AS last_failure
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 'sts.amazonaws.com'
  AND eventname LIKE 'AssumeRole%'
  AND errorcode IS NOT NULL
GROUP BY 1, 2, 3
ORDER BY failures DESC, 1, 2, 3
