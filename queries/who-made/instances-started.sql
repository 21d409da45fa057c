-- Who starts instances, of which types?
SELECT coalesce(useridentity_arn, useridentity_invokedby) AS identity,
       awsregion,
       requestparameters_instancetype AS instance_type,
       count(*) AS calls,
       count(errorcode) AS failed,
       sum(cardinality(responseelements_instancesset_items_instanceid)) AS instances,
       max(eventtimestamp) AS last_seen
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventname = 'RunInstances'
GROUP BY 1, 2, 3
ORDER BY calls DESC, 1, 2, 3
