-- Which identities called AssumeRole most?
SELECT coalesce(useridentity_sessioncontext_sessionissuer_arn, useridentity_arn,
                useridentity_invokedby, useridentity_principalid) AS caller,
       useridentity_type,
       count(*) AS calls,
       count(errorcode) AS failed,
       count(DISTINCT requestparameters_rolearn) AS roles
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventname = 'AssumeRole'
GROUP BY 1, 2
ORDER BY calls DESC, 1, 2
LIMIT 50
