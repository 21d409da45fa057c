-- Ports opened to everyone.
SELECT eventtime, useridentity.arn, json_extract_scalar(requestparameters, '$.groupId') AS group_id,
       json_extract_scalar(rule, '$.fromPort') AS from_port, json_extract_scalar(rule, '$.toPort') AS to_port
FROM cloudtrail
CROSS JOIN UNNEST(CAST(json_extract(requestparameters, '$.ipPermissions.items') AS ARRAY(JSON))) AS t(rule)
WHERE eventname = 'AuthorizeSecurityGroupIngress'
  AND errorcode IS NULL
  AND json_format(rule) LIKE '%0.0.0.0/0%'
  AND date BETWEEN '${from}' AND '${to}';
