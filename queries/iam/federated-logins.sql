-- Which outside identities (web identity, SAML) took on which roles?
SELECT useridentity_type,
       useridentity_username,
       eventname,
       requestparameters_rolearn AS role_arn,
       coalesce(additionaleventdata_samlproviderarn, requestparameters_principalarn,
                useridentity_identityprovider) AS provider,
       count(*) AS calls,
       count(errorcode) AS failed,
       count(DISTINCT sourceipaddress) AS ips,
       max(eventtimestamp) AS last_seen
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventname IN ('AssumeRoleWithWebIdentity', 'AssumeRoleWithSAML')
GROUP BY 1, 2, 3, 4, 5
ORDER BY calls DESC, 1, 2, 3, 4, 5
