-- Who signed in through IAM Identity Center, with what outcome?
SELECT coalesce(useridentity_username, json_extract_scalar(additionaleventdata, '$.UserName'),
                useridentity_onbehalfof_userid) AS identity,
       eventname,
       coalesce(json_extract_scalar(serviceeventdetails, '$.Authenticate'),
                json_extract_scalar(serviceeventdetails, '$.UserAuthentication'),
                json_extract_scalar(serviceeventdetails, '$.Federate')) AS outcome,
       json_extract_scalar(additionaleventdata, '$.CredentialType') AS credential_type,
       count(*) AS sign_ins,
       count(DISTINCT sourceipaddress) AS ips,
       max(eventtimestamp) AS last_seen
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource IN ('sso.amazonaws.com', 'signin.amazonaws.com')
  AND eventname IN ('Authenticate', 'UserAuthentication', 'Federate')
GROUP BY 1, 2, 3, 4
ORDER BY sign_ins DESC, 1, 2, 3, 4
