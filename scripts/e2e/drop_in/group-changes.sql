-- All that touched a security group, found in the text of the parameters.
SELECT eventname,
         useridentity.username,
         sourceIPAddress,
         eventtime,
         requestparameters
FROM cloudtrail
WHERE (requestparameters like '%${group}%'
        or requestparameters like '%${other_group}%')
        and eventtime > '${from}T00:00:00Z'
        and date BETWEEN '${from}' AND '${to}'
ORDER BY eventtime asc;
