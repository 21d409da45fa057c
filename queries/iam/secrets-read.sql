-- Who reads which secrets and encrypted parameters?
SELECT coalesce(useridentity_sessioncontext_sessionissuer_arn, useridentity_arn,
                useridentity_invokedby) AS identity,
       eventname,
       coalesce(requestparameters_secretid, requestparameters_name,
                array_join(requestparameters_names, ', ')) AS secret,
       count(*) AS calls,
       count(errorcode) AS failed,
       max(eventtimestamp) AS last_seen
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND (eventsource = 'secretsmanager.amazonaws.com'
           AND eventname IN ('GetSecretValue', 'BatchGetSecretValue')
       OR eventsource = 'ssm.amazonaws.com'
           AND eventname LIKE 'GetParameter%'
           AND requestparameters_withdecryption = 'true')
GROUP BY 1, 2, 3
ORDER BY calls DESC, 1, 2, 3
