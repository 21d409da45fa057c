-- Which KMS keys were scheduled for deletion or disabled, and by whom?
SELECT eventtimestamp,
       account,
       awsregion,
       eventname,
       coalesce(element_at(resources_arn, 1), requestparameters_keyid) AS kms_key,
       coalesce(useridentity_arn, useridentity_invokedby) AS identity,
       sourceipaddress,
       CAST(json_extract_scalar(requestparameters, '$.pendingWindowInDays') AS double) AS waiting_days,
       errorcode
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 'kms.amazonaws.com'
  AND eventname IN ('ScheduleKeyDeletion', 'DisableKey', 'DeleteImportedKeyMaterial', 'CancelKeyDeletion')
ORDER BY eventtimestamp, eventid
