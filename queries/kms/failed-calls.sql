-- Which calls to KMS fail, for whom, on which keys?
SELECT coalesce(useridentity_arn, useridentity_invokedby) AS identity,
       eventname,
       requestparameters_keyid AS kms_key,
       errorcode,
       count(*) AS failures,
       max(eventtimestamp) AS last_failure
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 'kms.amazonaws.com'
  AND errorcode IS NOT NULL
GROUP BY 1, 2, 3, 4
ORDER BY failures DESC, 1, 2, 3, 4
