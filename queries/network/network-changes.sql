-- Who changed networks: VPCs, subnets, routes, gateways, access lists, peerings, flow logs?
SELECT eventtimestamp,
       account,
       awsregion,
       eventname,
       coalesce(useridentity_arn, useridentity_invokedby) AS identity,
       coalesce(requestparameters_routetableid, requestparameters_networkaclid,
                requestparameters_vpcid) AS target,
       requestparameters_cidrblock,
       requestparameters_ruleaction,
       requestparameters
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 'ec2.amazonaws.com'
  AND (eventname LIKE '%Route' OR eventname LIKE '%RouteTable' OR eventname LIKE '%NetworkAcl%'
       OR eventname LIKE '%Subnet%' OR eventname LIKE '%Vpc%' OR eventname LIKE '%Gateway%'
       OR eventname LIKE '%FlowLogs')
  AND readonly = 'false'
  AND errorcode IS NULL
ORDER BY eventtimestamp, eventid
