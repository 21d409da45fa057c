-- Which databases were made publicly accessible, and by whom?
SELECT eventtimestamp,
       account,
       awsregion,
       eventname,
       coalesce(requestparameters_dbinstanceidentifier, requestparameters_dbclusteridentifier,
                requestparameters_clusteridentifier) AS target,
       requestparameters_engine,
       array_join(requestparameters_vpcsecuritygroupids, ', ') AS security_groups,
       coalesce(useridentity_arn, useridentity_invokedby) AS identity
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource IN ('rds.amazonaws.com', 'redshift.amazonaws.com')
  AND requestparameters_publiclyaccessible = 'true'
  AND errorcode IS NULL
ORDER BY eventtimestamp, eventid
