-- Calls from addresses that are not private, compared as addresses.
SELECT sourceipaddress, count(*) AS calls
FROM cloudtrail
WHERE regexp_like(sourceipaddress, '^\d+\.\d+\.\d+\.\d+$')
  AND NOT (CAST(sourceipaddress AS IPADDRESS) BETWEEN IPADDRESS '10.0.0.0' AND IPADDRESS '10.255.255.255')
  AND date BETWEEN '${from}' AND '${to}'
GROUP BY sourceipaddress;
