-- Which ports were opened to the whole internet, on which group, by whom?
SELECT eventtimestamp,
       account,
       awsregion,
       requestparameters_groupid AS group_id,
       array_join(requestparameters_ippermissions_items_ipprotocol, ', ') AS protocols,
       coalesce(requestparameters_fromport,
                array_join(requestparameters_ippermissions_items_fromport, ', ')) AS from_ports,
       coalesce(requestparameters_toport,
                array_join(requestparameters_ippermissions_items_toport, ', ')) AS to_ports,
       useridentity_arn,
       sourceipaddress,
       requestparameters
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 'ec2.amazonaws.com'
  AND (eventname = 'AuthorizeSecurityGroupIngress'
           AND (requestparameters_cidrip = '0.0.0.0/0'
                OR contains(requestparameters_ippermissions_items_ipranges_items_cidrip, '0.0.0.0/0')
                OR contains(requestparameters_ippermissions_items_ipv6ranges_items_cidripv6, '::/0'))
       OR eventname = 'ModifySecurityGroupRules'
           AND (requestparameters LIKE '%"0.0.0.0/0"%' OR requestparameters LIKE '%"::/0"%'))
  AND errorcode IS NULL
ORDER BY eventtimestamp, eventid
