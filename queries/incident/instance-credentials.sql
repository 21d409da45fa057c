-- From which addresses are the credentials of each EC2 instance used?
SELECT split_part(useridentity_principalid, ':', 2) AS instance_id,
       useridentity_sessioncontext_sessionissuer_username AS role,
       useridentity_sessioncontext_ec2roledelivery AS metadata_version,
       sourceipaddress,
       vpcendpointid,
       count(*) AS calls,
       count(errorcode) AS errors,
       min(eventtimestamp) AS first_seen,
       max(eventtimestamp) AS last_seen
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND useridentity_sessioncontext_ec2roledelivery IS NOT NULL
GROUP BY 1, 2, 3, 4, 5
ORDER BY 1, first_seen, 2, 3, 4, 5
