-- Who stopped or weakened logging and detection: trails, GuardDuty, Config, log groups, flow logs?
SELECT eventtimestamp,
       account,
       awsregion,
       eventsource,
       eventname,
       coalesce(useridentity_arn, useridentity_invokedby) AS identity,
       sourceipaddress,
       errorcode,
       requestparameters
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND (eventsource = 'cloudtrail.amazonaws.com'
           AND eventname IN ('StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors',
                             'DeleteEventDataStore')
       OR eventsource = 'guardduty.amazonaws.com'
           AND (eventname IN ('DeleteDetector', 'DisassociateFromAdministratorAccount', 'CreateIPSet',
                              'StopMonitoringMembers')
                OR eventname = 'UpdateDetector' AND requestparameters_enable = 'false')
       OR eventsource = 'config.amazonaws.com'
           AND eventname IN ('StopConfigurationRecorder', 'DeleteConfigurationRecorder',
                             'DeleteDeliveryChannel')
       OR eventsource = 'logs.amazonaws.com'
           AND eventname IN ('DeleteLogGroup', 'DeleteLogStream', 'PutRetentionPolicy')
       OR eventsource = 'securityhub.amazonaws.com' AND eventname = 'DisableSecurityHub'
       OR eventsource = 'ec2.amazonaws.com' AND eventname = 'DeleteFlowLogs')
ORDER BY eventtimestamp, eventid
