-- Which access keys were created, switched on or off, or deleted, and by whom?
SELECT eventtimestamp,
       account,
       eventname,
       coalesce(useridentity_arn, useridentity_invokedby) AS identity,
       sourceipaddress,
       coalesce(requestparameters_username, responseelements_accesskey_username,
                useridentity_username) AS owner,
       coalesce(responseelements_accesskey_accesskeyid,
                json_extract_scalar(requestparameters, '$.accessKeyId')) AS access_key,
       json_extract_scalar(requestparameters, '$.status') AS new_status,
       errorcode
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 'iam.amazonaws.com'
  AND eventname IN ('CreateAccessKey', 'UpdateAccessKey', 'DeleteAccessKey')
ORDER BY eventtimestamp, eventid
