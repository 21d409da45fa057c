-- Which long-lived access keys of IAM users are in use, from how many addresses?
SELECT account,
       useridentity_username,
       useridentity_accesskeyid,
       count(*) AS calls,
       count_if(readonly = 'false') AS changes,
       count(errorcode) AS errors,
       count(DISTINCT sourceipaddress) AS ips,
       min(eventtimestamp) AS first_use,
       max(eventtimestamp) AS last_use
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND useridentity_type = 'IAMUser'
  AND useridentity_accesskeyid LIKE 'AKIA%'
GROUP BY 1, 2, 3
ORDER BY calls DESC, 1, 2, 3
