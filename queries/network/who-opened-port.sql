-- Who opened a port on this security group, and to which addresses?
-- group_id: sg-0123456789abcdef0
SELECT eventtimestamp,
       useridentity_arn,
       sourceipaddress,
       coalesce(requestparameters_fromport,
                array_join(requestparameters_ippermissions_items_fromport, ', ')) AS from_ports,
       coalesce(requestparameters_toport,
                array_join(requestparameters_ippermissions_items_toport, ', ')) AS to_ports,
       coalesce(requestparameters_cidrip,
                array_join(requestparameters_ippermissions_items_ipranges_items_cidrip, ', ')) AS ipv4_ranges,
       array_join(requestparameters_ippermissions_items_ipv6ranges_items_cidripv6, ', ') AS ipv6_ranges,
       array_join(requestparameters_ippermissions_items_groups_items_groupid, ', ') AS source_groups,
       eventname,
       requestparameters
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventname IN ('AuthorizeSecurityGroupIngress', 'ModifySecurityGroupRules')
  AND requestparameters LIKE '%sg-0123456789abcdef0%'
  AND errorcode IS NULL
ORDER BY eventtimestamp, eventid
