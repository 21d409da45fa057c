-- Who assumed this role, under which session names?
-- role_arn: arn:aws:iam::111122223333:role/Admin
SELECT coalesce(useridentity_arn, useridentity_invokedby, useridentity_principalid) AS caller,
       eventname,
       requestparameters_rolesessionname AS session_name,
       count(*) AS calls,
       count(errorcode) AS failed,
       count(DISTINCT sourceipaddress) AS ips,
       min(eventtimestamp) AS first_seen,
       max(eventtimestamp) AS last_seen
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventname LIKE 'AssumeRole%'
  AND requestparameters_rolearn = 'arn:aws:iam::111122223333:role/Admin'
GROUP BY 1, 2, 3
ORDER BY calls DESC, 1, 2, 3
