-- Who decrypts with which KMS keys?
SELECT coalesce(useridentity_sessioncontext_sessionissuer_arn, useridentity_arn,
                useridentity_invokedby) AS identity,
       requestparameters_keyid AS kms_key,
       count(*) AS decrypts,
       count(errorcode) AS failed,
       count(DISTINCT sourceipaddress) AS ips,
       max(eventtimestamp) AS last_seen
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 'kms.amazonaws.com'
  AND eventname = 'Decrypt'
GROUP BY 1, 2
ORDER BY decrypts DESC, 1, 2
