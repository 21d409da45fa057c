-- Which console logins succeeded from an address that had failed within the day before?
WITH failures AS (
    SELECT eventtimestamp,
           account,
           sourceipaddress
    FROM cloudtrail
    WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
      AND eventname = 'ConsoleLogin'
      AND responseelements_consolelogin = 'Failure'
), successes AS (
    SELECT eventtimestamp,
           eventid,
           account,
           sourceipaddress,
           coalesce(useridentity_arn, useridentity_username) AS identity
    FROM cloudtrail
    WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
      AND eventname = 'ConsoleLogin'
      AND responseelements_consolelogin = 'Success'
)
SELECT login.eventtimestamp,
       login.account,
       login.sourceipaddress,
       login.identity,
       count(*) AS failures_before,
       min(failure.eventtimestamp) AS first_failure
FROM successes AS login
JOIN failures AS failure
  ON failure.account = login.account
 AND failure.sourceipaddress = login.sourceipaddress
 AND failure.eventtimestamp < login.eventtimestamp
 AND failure.eventtimestamp >= login.eventtimestamp - INTERVAL '1' DAY
GROUP BY login.eventtimestamp, login.eventid, login.account, login.sourceipaddress, login.identity
ORDER BY login.eventtimestamp, login.eventid
