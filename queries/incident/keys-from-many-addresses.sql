-- Which access keys are used from more than one IP address?
SELECT useridentity_accesskeyid,
       coalesce(useridentity_sessioncontext_sessionissuer_arn, useridentity_arn) AS identity,
       count(DISTINCT sourceipaddress) AS ips,
       array_join(array_agg(DISTINCT sourceipaddress ORDER BY sourceipaddress), ', ') AS addresses,
       count(*) AS calls,
       min(eventtimestamp) AS first_use,
       max(eventtimestamp) AS last_use
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND useridentity_accesskeyid <> ''
  -- A call that a service passes on has the service's name for an address.
  AND useridentity_invokedby IS NULL
GROUP BY 1, 2
HAVING count(DISTINCT sourceipaddress) > 1
ORDER BY ips DESC, calls DESC, 1, 2
