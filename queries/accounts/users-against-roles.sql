-- How much do IAM users, roles, root and services do in each account?
SELECT account,
       count(*) AS events,
       count_if(useridentity_type = 'IAMUser') AS by_iam_users,
       count_if(useridentity_type = 'AssumedRole') AS by_roles,
       count_if(useridentity_type = 'Root') AS by_root,
       count_if(useridentity_type = 'AWSService') AS by_services,
       count(DISTINCT CASE WHEN useridentity_type = 'IAMUser' THEN useridentity_arn END) AS iam_users,
       count(DISTINCT CASE WHEN useridentity_type = 'AssumedRole'
                           THEN useridentity_sessioncontext_sessionissuer_arn END) AS roles
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
GROUP BY 1
ORDER BY 1
