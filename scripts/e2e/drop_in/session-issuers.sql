-- What each role is used for, by the issuer of its sessions.
SELECT eventsource, eventname, useridentity.sessioncontext.sessionissuer.arn, count(*) AS calls
FROM cloudtrail
WHERE useridentity.sessioncontext.sessionissuer.arn IS NOT NULL
  AND date BETWEEN '${from}' AND '${to}'
GROUP BY eventsource, eventname, useridentity.sessioncontext.sessionissuer.arn
ORDER BY calls DESC;
