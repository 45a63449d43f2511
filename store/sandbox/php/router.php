<?php
/**
 * Router of PHP's built-in server: what Apache's rewrite rules do for an
 * ordinary WordPress, alone or as a network in subdirectories.
 */
$path = rawurldecode( (string) parse_url( $_SERVER['REQUEST_URI'], PHP_URL_PATH ) );
$root = $_SERVER['DOCUMENT_ROOT'];

$file = $root . $path;
if ( '/' !== $path && ( is_file( $file ) || is_file( rtrim( $file, '/' ) . '/index.php' ) ) ) {
	if ( is_dir( $file ) && '/' !== substr( $path, -1 ) ) {
		header( 'Location: ' . $path . '/', true, 301 );
		return true;
	}
	return false;
}

// A site of a network: /second/wp-login.php is /wp-login.php.
if ( preg_match( '#^/[_0-9a-zA-Z-]+(/(?:wp-(?:content|admin|includes).*|[^/]*\.php))$#', $path, $m ) ) {
	$file = realpath( $root . $m[1] );
	if ( $file && is_dir( $file ) ) {
		$file = realpath( $file . '/index.php' );
	}
	if ( $file && is_file( $file ) && '.php' !== substr( $file, -4 ) ) {
		$types = array(
			'css' => 'text/css',
			'js'  => 'text/javascript',
			'svg' => 'image/svg+xml',
		);
		$ext   = pathinfo( $file, PATHINFO_EXTENSION );
		header( 'Content-Type: ' . ( isset( $types[ $ext ] ) ? $types[ $ext ] : mime_content_type( $file ) ) );
		readfile( $file );
		return true;
	}
	if ( $file ) {
		$_SERVER['SCRIPT_NAME']     = $m[1];
		$_SERVER['PHP_SELF']        = $path;
		$_SERVER['SCRIPT_FILENAME'] = $file;
		chdir( dirname( $file ) );
		require $file;
		return true;
	}
}

$_SERVER['SCRIPT_NAME']     = '/index.php';
$_SERVER['PHP_SELF']        = '/index.php';
$_SERVER['SCRIPT_FILENAME'] = $root . '/index.php';
chdir( $root );
require $root . '/index.php';
return true;
