-- Who deployed: function code, container images, stacks and clusters?
SELECT eventtimestamp,
       account,
       awsregion,
       eventname,
       useridentity_arn,
       coalesce(requestparameters_functionname, requestparameters_repositoryname,
                json_extract_scalar(requestparameters, '$.stackName'),
                requestparameters_name) AS target
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND (eventsource = 'lambda.amazonaws.com'
           AND (eventname LIKE 'CreateFunction%' OR eventname LIKE 'UpdateFunction%')
       OR eventsource = 'ecr.amazonaws.com' AND eventname = 'PutImage'
       OR eventsource = 'cloudformation.amazonaws.com'
           AND eventname IN ('CreateStack', 'UpdateStack', 'ExecuteChangeSet')
       OR eventsource = 'ecs.amazonaws.com' AND eventname IN ('CreateService', 'UpdateService')
       OR eventsource = 'eks.amazonaws.com' AND eventname LIKE '%Cluster%')
  AND readonly = 'false'
  AND errorcode IS NULL
ORDER BY eventtimestamp, eventid
