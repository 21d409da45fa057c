-- What was shared with other accounts or everyone: snapshots, images, functions, queues, topics?
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
       coalesce(requestparameters LIKE '%"group":"all"%'
                OR contains(requestparameters_valuestoadd, 'all')
                OR requestparameters_principal = '*', false) AS with_everyone,
       coalesce(useridentity_arn, useridentity_invokedby) AS identity,
       sourceipaddress,
       requestparameters
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND (eventname IN ('ModifySnapshotAttribute', 'ModifyImageAttribute')
           -- What is taken back stands under "remove".
           AND (cardinality(requestparameters_createvolumepermission_add_items_userid) > 0
                OR cardinality(requestparameters_launchpermission_add_items_userid) > 0
                OR cardinality(requestparameters_launchpermission_add_items_group) > 0
                OR json_extract_scalar(requestparameters, '$.createVolumePermission.add.items[0].group') IS NOT NULL)
       OR eventname IN ('ModifyDBSnapshotAttribute', 'ModifyDBClusterSnapshotAttribute')
           AND cardinality(requestparameters_valuestoadd) > 0
       OR eventname LIKE 'AddPermission%'
       OR eventsource = 'sns.amazonaws.com' AND requestparameters_attributename = 'Policy'
       OR eventsource = 'sqs.amazonaws.com' AND requestparameters_attributes_policy IS NOT NULL)
  AND errorcode IS NULL
ORDER BY eventtimestamp, eventid
