-- Sessions without a second factor, and when they began.
SELECT useridentity.arn, useridentity.sessioncontext.attributes.creationdate, count(*) AS calls
FROM cloudtrail
WHERE useridentity.sessioncontext.attributes.mfaauthenticated = 'false'
  AND readonly = 'false'
  AND date BETWEEN '${from}' AND '${to}'
GROUP BY useridentity.arn, useridentity.sessioncontext.attributes.creationdate;
