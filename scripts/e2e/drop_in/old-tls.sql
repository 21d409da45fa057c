-- Who still calls with TLS before 1.3.
SELECT tlsdetails.tlsversion, tlsdetails.clientprovidedhostheader AS host, recipientaccountid, count(*) AS calls
FROM cloudtrail
WHERE tlsdetails.tlsversion IN ('TLSv1', 'TLSv1.1', 'TLSv1.2')
  AND date BETWEEN '${from}' AND '${to}'
GROUP BY 1, 2, 3;
