-- What was shared with other accounts or everyone: snapshots, images, functions, keys, queues, topics?
SELECT eventtimestamp,
       account,
       awsregion,
       eventname,
       coalesce(requestparameters_snapshotid, requestparameters_imageid,
                requestparameters_dbsnapshotidentifier, requestparameters_functionname,
                requestparameters_topicarn, requestparameters_queueurl,
                responseelements_queueurl) AS target,
       coalesce(array_join(requestparameters_createvolumepermission_add_items_userid, ', '),
                array_join(requestparameters_launchpermission_add_items_userid, ', '),
                array_join(requestparameters_valuestoadd, ', '),
                requestparameters_principal) AS shared_with,
       contains(requestparameters_launchpermission_add_items_group, 'all')
           OR contains(requestparameters_valuestoadd, 'all')
           OR requestparameters_principal = '*' AS with_everyone,
       coalesce(useridentity_arn, useridentity_invokedby) AS identity,
       sourceipaddress
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND (eventname IN ('ModifySnapshotAttribute', 'ModifyImageAttribute', 'ModifyDBSnapshotAttribute',
                     'ModifyDBClusterSnapshotAttribute')
       OR eventname LIKE 'AddPermission%'
       OR eventsource = 'sns.amazonaws.com' AND requestparameters_attributename = 'Policy'
       OR eventsource = 'sqs.amazonaws.com' AND requestparameters_attributes_policy IS NOT NULL)
  AND errorcode IS NULL
ORDER BY eventtimestamp, eventid
