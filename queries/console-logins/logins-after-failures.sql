-- Which console logins succeeded from an address that had failed within the day before?
WITH logins AS (
    SELECT eventtimestamp,
           eventid,
           account,
           sourceipaddress,
           coalesce(useridentity_arn, useridentity_username) AS identity,
           responseelements_consolelogin AS outcome
    FROM cloudtrail
    WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
      AND eventname = 'ConsoleLogin'
)
SELECT login.eventtimestamp,
       login.account,
       login.sourceipaddress,
       login.identity,
       count(*) AS failures_before,
       min(failure.eventtimestamp) AS first_failure
FROM logins AS login
JOIN logins AS failure
  ON failure.account = login.account
 AND failure.sourceipaddress = login.sourceipaddress
 AND failure.eventtimestamp < login.eventtimestamp
 AND failure.eventtimestamp >= login.eventtimestamp - INTERVAL '1' DAY
WHERE login.outcome = 'Success'
  AND failure.outcome = 'Failure'
GROUP BY login.eventtimestamp, login.eventid, login.account, login.sourceipaddress, login.identity
ORDER BY login.eventtimestamp, login.eventid
