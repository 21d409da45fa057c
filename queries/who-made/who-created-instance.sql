-- Who started this instance?
-- instance_id: i-0123456789abcdef0
SELECT eventtimestamp,
       account,
       awsregion,
       coalesce(useridentity_arn, useridentity_invokedby) AS identity,
       sourceipaddress,
       useragent,
       requestparameters_instancetype,
       array_join(responseelements_instancesset_items_imageid, ', ') AS images,
       array_join(responseelements_instancesset_items_instanceid, ', ') AS instances
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventname IN ('RunInstances', 'CreateFleet')
  AND contains(responseelements_instancesset_items_instanceid, 'i-0123456789abcdef0')
ORDER BY eventtimestamp, eventid
