-- Who uses this KMS key, for which actions and on whose behalf?
-- kms_key: 1234abcd-12ab-34cd-56ef-1234567890ab
SELECT eventname,
       coalesce(useridentity_arn, useridentity_invokedby) AS identity,
       useridentity_invokedby AS through_service,
       count(*) AS calls,
       count(errorcode) AS errors,
       min(eventtimestamp) AS first_use,
       max(eventtimestamp) AS last_use
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 'kms.amazonaws.com'
  AND (requestparameters_keyid = '1234abcd-12ab-34cd-56ef-1234567890ab'
       OR array_join(resources_arn, ' ') LIKE '%key/1234abcd-12ab-34cd-56ef-1234567890ab%'
       OR requestparameters_keyid LIKE '%key/1234abcd-12ab-34cd-56ef-1234567890ab')
GROUP BY 1, 2, 3
ORDER BY calls DESC, 1, 2, 3
