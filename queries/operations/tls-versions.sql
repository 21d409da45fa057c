-- Which programs call with which TLS version, the oldest version first?
SELECT tlsdetails_tlsversion AS tls_version,
       split_part(useragent, ' ', 1) AS program,
       count(*) AS calls,
       count(DISTINCT useridentity_arn) AS identities,
       count(DISTINCT sourceipaddress) AS ips
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND tlsdetails_tlsversion IS NOT NULL
GROUP BY 1, 2
ORDER BY 1, calls DESC, 2
