-- What do the users of IAM Identity Center do in each account, and in which role?
SELECT split_part(useridentity_principalid, ':', 2) AS sso_user,
       account,
       useridentity_sessioncontext_sessionissuer_username AS role,
       count(*) AS calls,
       count_if(readonly = 'false') AS changes,
       count(errorcode) AS errors,
       count(DISTINCT sourceipaddress) AS ips,
       max(eventtimestamp) AS last_seen
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND useridentity_sessioncontext_sessionissuer_username LIKE 'AWSReservedSSO%'
GROUP BY 1, 2, 3
ORDER BY calls DESC, 1, 2, 3
