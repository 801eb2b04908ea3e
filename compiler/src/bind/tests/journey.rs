//! The sensors notebook.

use super::{bound, plan};
use expect_test::expect;

const SENSOR_DATA: &str = "CREATE TABLE sensor_data (
    sensor_id INTEGER,
    current_temperature DOUBLE,
    status VARCHAR(6),
    event_time TIMESTAMP(3),
    WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND
)
PARTITIONED BY (sensor_id)
WITH (
    'connector' = 'kinesis',
    'stream' = 'my-input-stream',
    'aws.region' = 'us-east-1',
    'scan.stream.initpos' = 'LATEST',
    'format' = 'json',
    'json.timestamp-format.standard' = 'ISO-8601'
)";

const HOP: &str =
    "SELECT sensor_data.status, COUNT(*) AS num, AVG(sensor_data.current_temperature) AS avg_current_temperature,
       HOP_ROWTIME(event_time, INTERVAL '10' second, INTERVAL '1' minute) as hop_time
FROM sensor_data
GROUP BY HOP(event_time, INTERVAL '10' second, INTERVAL '1' minute), sensor_data.status;";

const SENSOR_STATE: &str = "CREATE TABLE sensor_state (
    status VARCHAR(6),
    num INTEGER,
    avg_current_temperature DOUBLE,
    hop_time TIMESTAMP(3)
)
WITH (
    'connector' = 'kinesis',
    'stream' = 'my-output-stream',
    'aws.region' = 'us-east-1',
    'scan.stream.initpos' = 'LATEST',
    'format' = 'json',
    'json.timestamp-format.standard' = 'ISO-8601');";

#[test]
fn the_sensors_notebook_has_a_plan() {
    let insert = format!("INSERT INTO sensor_state\n{HOP}");
    let cells = [SENSOR_DATA, "SELECT * FROM sensor_data;", HOP, SENSOR_STATE, &insert];
    expect![[r#"
        table sensor_data
          sensor_id INT, partition
          current_temperature DOUBLE
          status VARCHAR(6)
          event_time TIMESTAMP(3)
          watermark of event_time = (event_time - INTERVAL 5 s)
          'connector' = 'kinesis'
          'stream' = 'my-input-stream'
          'aws.region' = 'us-east-1'
          'scan.stream.initpos' = 'LATEST'
          'format' = 'json'
          'json.timestamp-format.standard' = 'ISO-8601'

        table sensor_state
          status VARCHAR(6)
          num INT
          avg_current_temperature DOUBLE
          hop_time TIMESTAMP(3)
          'connector' = 'kinesis'
          'stream' = 'my-output-stream'
          'aws.region' = 'us-east-1'
          'scan.stream.initpos' = 'LATEST'
          'format' = 'json'
          'json.timestamp-format.standard' = 'ISO-8601'

        select
          scan sensor_data: sensor_id#0 INT, current_temperature#1 DOUBLE, status#2 VARCHAR(6), event_time#3 TIMESTAMP(3)

        select
          project status#7 VARCHAR(6) = status#2, num#8 BIGINT NOT NULL = count#4, avg_current_temperature#9 DOUBLE = avg#5, hop_time#10 TIMESTAMP(3) = hop_rowtime#6
            aggregate by (status#2) and HOP(slide 10 s, size 1 min) over event_time#3, hop_rowtime#6 TIMESTAMP(3) = rowtime: count#4 BIGINT NOT NULL = COUNT(*), avg#5 DOUBLE = AVG(current_temperature#1)
              scan sensor_data: sensor_id#0 INT, current_temperature#1 DOUBLE, status#2 VARCHAR(6), event_time#3 TIMESTAMP(3)

        insert into sensor_state
          project status#11 VARCHAR(6) = status#7, num#12 INT NOT NULL = CHECKED_CAST(num#8 AS INT), avg_current_temperature#13 DOUBLE = avg_current_temperature#9, hop_time#14 TIMESTAMP(3) = hop_time#10
            project status#7 VARCHAR(6) = status#2, num#8 BIGINT NOT NULL = count#4, avg_current_temperature#9 DOUBLE = avg#5, hop_time#10 TIMESTAMP(3) = hop_rowtime#6
              aggregate by (status#2) and HOP(slide 10 s, size 1 min) over event_time#3, hop_rowtime#6 TIMESTAMP(3) = rowtime: count#4 BIGINT NOT NULL = COUNT(*), avg#5 DOUBLE = AVG(current_temperature#1)
                scan sensor_data: sensor_id#0 INT, current_temperature#1 DOUBLE, status#2 VARCHAR(6), event_time#3 TIMESTAMP(3)
        warning[narrowing-insert]: `num` of type BIGINT is narrowed to INT of column `num`
         --> note.zpln, cell 5:2:28
          |
        2 | SELECT sensor_data.status, COUNT(*) AS num, AVG(sensor_data.current_temperature) AS avg_current_temperature,
          |                            ^^^^^^^^
          |
         ::: note.zpln, cell 4:3:5
          |
        3 |     num INTEGER,
          |     ----------- the column
          |
          = note: a value that does not fit stops the application; Flink 2 refuses such an INSERT
          = help: declare `num` as BIGINT, or CAST(... AS INT) to cut values silently

    "#]].assert_eq(&plan(&cells));
}

#[test]
fn the_application_finds_its_tables_in_the_catalog() {
    let insert = format!("INSERT INTO sensor_state\n{HOP}");
    let (plan, _) = bound(&[SENSOR_DATA, SENSOR_STATE], &[&insert]);
    assert_eq!(plan.statements.len(), 1);
    assert_eq!(
        plan.tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(),
        ["sensor_state", "sensor_data"]
    );
}
