-- Console logins of one day, by the text of eventtime.
SELECT
 useridentity.username,
 sourceipaddress,
 eventtime,
 additionaleventdata
FROM cloudtrail
WHERE eventname = 'ConsoleLogin'
      AND eventtime >= '${second}T00:00:00Z'
      AND eventtime < '${third}T00:00:00Z'
      AND date BETWEEN '${from}' AND '${to}';
