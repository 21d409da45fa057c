-- Which types of identity are seen, how many of each, and what do they do?
SELECT account,
       useridentity_type,
       count(*) AS events,
       count_if(readonly = 'false') AS changes,
       count(errorcode) AS errors,
       count(DISTINCT coalesce(useridentity_sessioncontext_sessionissuer_arn, useridentity_arn,
                               useridentity_invokedby, useridentity_principalid)) AS identities
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
GROUP BY 1, 2
ORDER BY 1, events DESC, 2
