-- What do workflows of GitHub Actions do, from which repository and branch?
SELECT json_extract_scalar(useridentity_sessioncontext_webidfederationdata_attributes,
                           '$["token.actions.githubusercontent.com:sub"]') AS subject,
       account,
       useridentity_sessioncontext_sessionissuer_arn AS role_arn,
       eventsource,
       eventname,
       count(*) AS calls,
       count(errorcode) AS errors
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND useridentity_sessioncontext_webidfederationdata_federatedprovider LIKE '%token.actions.githubusercontent.com'
GROUP BY 1, 2, 3, 4, 5
ORDER BY calls DESC, 1, 2, 3, 4, 5
